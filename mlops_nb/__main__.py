"""Where does the command line begin? With the signals, before anything else is loaded.

Ctrl-C or a termination signal ends ``mlops-nb`` with its own exit code and no traceback from here
on. What remains is the start of Python itself, some hundredths of a second: there a signal ends the
process as the system does, which a shell reports as 130 or 143 too.
"""

from mlops_nb.stopping import ignore, take_stops_for_good


def main() -> None:
    """Run the command line.

    Raises
    ------
    SystemExit
        Always.
    """
    stops = take_stops_for_good()
    with stops.listening(ignore):  # told by the command, once it is there
        from mlops_nb.cli import main as run_command_line
    run_command_line()


if __name__ == "__main__":
    main()
