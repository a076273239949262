"""Processes of the sandbox: started through a launcher that ends them when their parent is gone, awaited, stopped."""
