"""What can a person see and press in a notebook? The promotion panel.

`promote_widget` is what a cell shows; `panel` are its controls, which ask a process beside the
kernel (`desk_link`, `desk_process`); `desk` is what that process does, `panel_document` and
`panel_page` how it is told. No rule lives here: the desk calls what every door calls.
"""
