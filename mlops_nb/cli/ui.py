"""``mlops-nb ui``: MLflow's web interface on the runs of this project."""

from __future__ import annotations

import webbrowser

import click


@click.command(help="Open MLflow's web interface on this project's runs; Ctrl-C ends it.")
@click.option("--port", type=click.IntRange(1, 65535), help="By default 5000, or a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def ui(port: int | None, no_browser: bool) -> int:
    """Serve until interrupted; a store that is a server already is only opened."""
    from mlops_nb.project import Project
    from mlops_nb.tracking.ui import choose_port, serve

    store = Project.find().store()
    store.require()

    def ready(url: str) -> None:
        click.echo(url)
        if not no_browser:
            webbrowser.open(url)

    if store.tracking_uri.startswith(("http://", "https://")):
        ready(store.tracking_uri)
        return 0
    click.echo("Starting MLflow's server; Ctrl-C ends it.", err=True)
    serve(store, port=choose_port(port), ready=ready)
    return 0
