"""What rule files bind: settings, wildcard values, input files, resources."""
