"""How do people read what is known of a model? Documents made of values, in three renderings.

`document` says what there is to show, `model_card` and `compared` fill it, `text`, `markdown` and
`page` render it for a terminal, a pull request and a browser. Names and texts of users are escaped
in one place of each renderer.
"""
