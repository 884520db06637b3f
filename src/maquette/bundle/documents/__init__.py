"""The documents of a bundle as plain data, a module each; the templates in ``templates/docs`` print them."""
