"""What does the code of an error mean that is no finding in a notebook? A line or two for each.

The message of an error names the place, the fault and the remedy; who meets only its code, in a
report or a log, reads here what it is about and where to begin. Findings have pages of their own.
"""

from __future__ import annotations

import re

_TEXT = """
MNB101 There is no file at the path or address given. Check it, and the folder you are in.
MNB102 What is named is a folder, a device or a file that cannot be read. Name the notebook file.
MNB103 The file is no text in UTF-8: cut off, compressed, or of another kind. Restore it, or save it
  again in JupyterLab.
MNB104 The file is empty, or its JSON is cut off or damaged. Restore it from git or a checkpoint.
MNB105 The file is JSON and no notebook, or its cells are none. Check the path, or restore it.
MNB106 The notebook is in a format that is not known. Save it in format 4 with nbconvert.
MNB107 The source of a cell is no text. Restore the notebook, or write the cell anew.
MNB108 A notebook of format 1 to 3 is not changed in place. Save it in format 4 with nbconvert.
MNB109 The notebook was changed by somebody else meanwhile, or is no local file: nothing was
  written. Look at it and start again, or name an output.
MNB110 The output is the notebook itself, which no run writes. Name another file, or none.
MNB111 The output is a folder, a device or something else that is no file. Name a file, or none.
MNB112 Another run writes to that output now. Wait for it, or name another file.
MNB113 The notebook cannot be written: no such folder, no right to, or no room.
MNB114 There is a file at the output that no run wrote. Name another, or remove it first.
MNB120 The library for addresses such as s3:// is not installed. Install mlops-nb[remote] and the
  one that the message names.
MNB121 Nobody knows the scheme of the address. Check how it is spelt.
MNB122 An address cannot be reached: the network, the server, or the rights of who asks.
MNB123 The address names a file on another machine. Write three slashes for one of this machine.
MNB301 A parameter was passed that the parameters cell does not declare, or passed twice.
MNB302 A value does not fit the type of its parameter's default. Pass such a value, or declare the
  type: NAME: TYPE = DEFAULT.
MNB303 The name of a parameter is no Python identifier.
MNB304 Parameters were passed, and no cell is tagged 'parameters'. Tag the cell of defaults.
MNB305 A value cannot be written as Python: only numbers, texts, dates, lists, dicts and None can.
MNB306 A parameter has no default, and no value was passed. Pass it with -p.
MNB307 A file of parameters is no list of NAME: VALUE lines, in YAML or JSON.
MNB309 Parameters are passed to notebooks in Python only.
MNB401 The kernel that the notebook or --kernel names is not installed, or none is named.
MNB402 The working directory of the run does not exist. Create it, or give another by --cwd.
MNB403 The kernel would not start. Run its command by hand: the message shows it.
MNB404 The kernel has another version of mlops-nb than the runner. Install the same in both.
MNB405 The kernel is too old for the session that reports from it: IPython 8.18 is needed.
MNB406 No folder for the kernel can be made. Free the disk, or set TMPDIR.
MNB410 A cell raised an exception: the notebook failed, and its traceback says where. The executed
  notebook is kept; mlops-nb debug opens the kernel at the cell.
MNB411 A cell, a stage or the run took longer than its timeout: --timeout of the stage or the run.
MNB412 The kernel's process ended in a cell: a crash in native code, or somebody ended it. A retry
  may help; the message and the terminal's output say how it ended.
MNB413 The run was interrupted from the keyboard. What is done is kept, and is restored next time.
MNB414 The run was stopped by a signal: the machine or the scheduler ended it. Start it again.
MNB415 The kernel, or the run, was ended for want of memory. Use less at once, or a machine with
  more.
MNB416 The kernel finished a cell and gave no reply: code of the notebook broke it.
MNB417 Metrics and model of a stage are not known, since code took away IPython's hooks by which
  they are found. Leave pre_run_cell and post_run_cell to others too.
MNB420 The run broke off, not by the notebook. Run it again; report it if it ends so again.
MNB421 The executed notebook cannot be written: the disk, the rights or the address. A copy is kept
  where the message says.
MNB422 What is kept of an earlier run cannot be used. Run with --no-cache, and report it.
MNB423 The file that --events names cannot be written. Name one in a folder that can be.
MNB430 Kernels of other languages run in one piece. Leave out --isolate.
MNB431 A stage cannot have a kernel of its own, since a value that it reads cannot be stored. Make
  the value where it is used or in a cell tagged 'setup', or leave out --isolate.
MNB432 The run had to begin again, for a value that was kept and is gone, and a file that a cell had
  changed meanwhile cannot be put back. Put the file back, and run with --no-cache.
MNB433 There is no room for values that go from kernel to kernel. Make some, or set TMPDIR.
MNB451 --metrics or --model names no variable at the end of its stage. Bind it there, or mend the
  name.
MNB452 What --metrics names is no number, dict of numbers or series of numbers.
MNB453 What --model, --example or --eval names cannot be pickled. Name another value.
MNB454 The --timeout of a stage is not enforced in this kernel. It is by mlops-nb run.
MNB455 Runner and kernel have versions of mlops-nb that do not understand each other. Install the
  same in both.
MNB456 A model cannot be written for packaging. Free space, or make the folder writable.
MNB458 --produces names a file that is not there when its stage ends. Write it, or mend the path.
MNB459 The expression of --version-of failed. It is evaluated before the stage, with its inputs.
MNB460 What a restored stage had set in the process cannot be brought back. Restart the kernel, and
  give the stage --no-cache.
MNB501 The folder or database for runs cannot be opened or written. Make it writable, or set
  MLFLOW_TRACKING_URI.
MNB502 The tracking store was written by a newer MLflow. Upgrade mlflow here.
MNB503 This MLflow is no release that mlops-nb can make a store for. Install a released one.
MNB504 MLflow is not installed. Install it, or run with --no-track.
MNB505 MLflow could not make or upgrade its store. Run mlflow db upgrade on a copy.
MNB506 The path of the project cannot be written as an address of SQLite. Rename the folder.
MNB510 The run is not tracked, since the store could not be reached; the run itself is sound, and
  what was recorded is kept and written by the next run.
MNB511 The tracking server cannot be reached. Start it, or unset MLFLOW_TRACKING_URI.
MNB512 Several runs begin with these characters. Give more of the id.
MNB513 There is no such run. mlops-nb runs list shows those there are.
MNB514 No such run is going on now. mlops-nb runs list shows those that ended.
MNB515 Several runs are going on, and the word fits more than one. Give an id.
MNB516 The database of runs cannot be read. Check who owns the file.
MNB520 The port is taken. Choose another, or leave the option out.
MNB521 MLflow's server ended at once. Run mlflow server by hand to see why.
MNB522 MLflow's server did not answer in time. Try again when the machine is less busy.
MNB601 What --model names cannot predict: a class, or something without a method predict.
MNB602 The model is not fitted when its stage ends. Fit it there, or name the one that is.
MNB603 The model cannot be saved, or not be loaded once saved. The message names what stands in the
  way.
MNB604 The model needs a module that no installed package and no file provides.
MNB605 --eval or --example do not fit: number of variables, of rows, or none at all.
MNB606 The model answers otherwise once saved and loaded. Fix random states, and keep no state
  outside of it.
MNB607 Kernel and runner have other versions of Python or of a library that made the model.
MNB608 What the kernel handed over cannot be read where models are packaged. Install the same
  packages in both.
MNB609 The package cannot be written: no room, or something is in the way.
MNB610 A requirement of the model cannot be read by pip. Write it as name==version.
MNB611 A registered model cannot have that name. Use one without '/' and ':'.
MNB612 The tracking store refused the model. The package is whole and can be logged again.
MNB613 The package is not complete, was changed, or is of another version. Build it again.
MNB614 Packaging a model failed by a fault of mlops-nb's; the executed notebook is complete.
MNB615 The run ended without the model that --register asks for.
MNB616 The process that packages models ended: out of memory, or a crash in what reads the model.
MNB801 There is no setting of that name. The message names the nearest.
MNB802 A setting has a value that does not fit it.
MNB803 pyproject.toml cannot be read, or [tool.mlops_nb] is no table.
MNB804 What was given is no duration. Write 90s, 10m or 2h.
MNB805 --register was given, and no stage that runs names a model. Add --model NAME to one.
MNB806 A run with --no-track registers no model.
MNB807 There is no stage of that name in the notebook. mlops-nb graph shows those there are.
MNB808 --stage asks for a stage behind the one of --until.
MNB809 The suffix of the output names no format. Say --format.
MNB810 A notebook cannot decide about that setting. Set it in pyproject.toml.
MNB811 A secret is named that is not set in the environment.
MNB812 The value of a secret is so short or common that masking it would mask other text.
MNB813 A name or path holds a secret, and would be read in many places. Choose another.
MNB814 What was given is no code of a finding.
MNB815 A pattern matches no file.
MNB816 A process that checks notebooks was ended, perhaps for want of memory.
MNB817 What was found cannot be written. Free space, or name another file.
MNB819 What was given is no code of mlops-nb.
MNB820 The kernel does not know its notebook. Save it, and name it.
MNB821 The kernel lacks what headless runs need. Install mlops-nb there with its dependencies.
MNB822 The command line was not understood. See its --help.
MNB823 The line of %mlops_check names no notebook.
MNB830 The notebook cannot be changed as asked; nothing was written.
MNB831 Stages are found in notebooks in Python only. Tag cells by hand with mlops-nb tag.
MNB832 The output is the notebook itself. Say --in-place to replace it.
MNB833 There is no cell of that number or id. Numbers count all cells from 0.
MNB834 The cell is no code cell. Numbers count all cells from 0.
MNB835 The notebook has no stage of that name to be renamed. Look at its stages: mlops-nb graph NB.
MNB836 Another stage has the new name: renaming would make one of two. Choose another name.
MNB837 What is named carries no directive: it is tag, metadata, comment or magic.
MNB840 MLOPS_NB_STORE_KEY is so short that anybody could guess it.
MNB841 The shared store cannot be opened, or its library is not installed.
MNB843 With the cache off there is nothing to plan: every cell runs.
MNB844 The run is one of another notebook.
MNB850 No such run is kept, or the file is no notebook that a run executed.
MNB851 The run has no such stage, or left no such name.
MNB852 The value is no longer kept. Run the notebook again.
MNB853 No cell of the run failed. Name where to open it.
MNB860 Nothing is kept of any run here. Go to a project.
MNB861 The backup would go to a folder that exists or is copied itself. Choose another.
MNB862 The backup was broken off by the disk. Free it, and start again.
MNB879 The Jupyter server keeps its notebooks elsewhere than in files, and a run reads a file.
  Download the notebook, and run it with `mlops-nb run`.
MNB880 A request of the front end is no JSON object, or too large. Reload the page, so that front
  end and server are of one version.
MNB881 A request of the front end lacks something, or says it in another form. Reload the page, so
  that front end and server are of one version.
MNB882 A path leads out of the server's root folder, or is none. Start the server in a folder
  above the notebook.
MNB883 The server knows no such job or task: it was removed, or the server was started anew.
MNB884 The same run goes on already, or another one writes to that output. Wait for it, or cancel
  it.
MNB885 The executed notebook of a job is not there: the job ended before it began, or somebody
  removed it.
MNB886 A job cannot be started or told to end: the disk is full, or the folder cannot be written.
MNB887 The process that works for the server ended, or the server is ending. Try again; the same
  command in a shell shows more.
MNB888 The process that works for the server took too long. Try again, or use the command line.
MNB889 A fault of mlops_nb's own in its server extension. Report it; the log has the traceback.
MNB899 A fault of mlops-nb's. Report it with the lines above it.
MNB901 The graph cannot be written. Name a file in a folder that can be.
MNB902 The workflow exists and was not written for this notebook. Move it away first.
MNB903 The run made no model that the job could register.
MNB904 The notebook is outside of its repository, so that a checkout would not have it.
MNB905 The workflow cannot be written. Make the folder writable, or name another.
MNB906 Two outputs of a run are one file, or one cannot be written. Name another.
MNB907 A report cannot be written. Name a file in a folder that can be.
MNB908 GitHub has no secrets of that name.
"""


def error_causes() -> dict[str, str]:
    """Return what each code means, in one or two sentences."""
    lines = re.sub(r"\n {2}", " ", _TEXT.strip()).split("\n")
    return dict(line.split(" ", 1) for line in lines)
