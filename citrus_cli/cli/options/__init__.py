"""What commands take: options, arguments, the environment and the config file."""
