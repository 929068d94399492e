"""HTTP: parse, one call of the workspace, write. One table of routes, which the OpenAPI document describes."""
