"""Run the migrations on the connection that `Books.migrate` hands over; Alembic loads this file by its path."""

from alembic import context

# SQLite's DDL is transactional once BEGIN is ours, so a killed migration leaves nothing half done.
context.configure(connection=context.config.attributes["connection"], transactional_ddl=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
