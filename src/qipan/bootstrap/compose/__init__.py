"""How services are made, by pillar: each room is loaded when one of its services is first asked for."""
