"""Books, lake and archive: engines that know no word of the domain."""
