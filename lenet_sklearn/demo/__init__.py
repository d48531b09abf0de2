"""A web page to draw on: the bars of a model's probabilities move while one draws.

`choices` are the models, `framing` makes of a picture what a model takes, `answers` says what it
predicts, `app` answers the browser and `server` listens. The page itself is in ``_page``. It needs
the extra ``demo``; nothing of the library imports this room but the command.
"""
