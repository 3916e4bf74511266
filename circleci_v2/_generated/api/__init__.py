"""The operations, a package for each namespace of the client and in it a module for each method."""
