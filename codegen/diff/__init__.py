"""Compare documents, generated code and released versions, in terms of what users of the package notice."""
