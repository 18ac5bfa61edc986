"""What a notebook means: cells, directives, data flow, stages.

Pure: touches no file, clock or kernel.
"""
