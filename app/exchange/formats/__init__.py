"""The formats that Parley imports, one module each: it recognises a record by its content, and reads it.

What each format looks like was established from public sources, which the modules name; none of
these programs publishes a specification, so that readers take what is there and require little.
"""
