"""How does the page of a run look? One style sheet of our own, over JupyterLab's for the cells.

Light or dark as the reader's system is, light on paper. The colours of texts have a contrast of at
least 4.5 to 1 on their ground (WCAG 2.2, AA). What a notebook shows is painted inside its own box:
it cannot lie over the summary.
"""

from __future__ import annotations

STYLE = """\
:root{color-scheme:light dark;--mnb-text:#1f2328;--mnb-quiet:#59636e;--mnb-link:#0550ae;
--mnb-line:#d1d9e0;--mnb-page:#fff;--mnb-good:#116329;--mnb-good-page:#eefbf1;
--mnb-bad:#a40e26;--mnb-bad-page:#fff1ef;--mnb-bar:#8fb8e8;--mnb-yellow:#755200;
--mnb-cyan:#0b5d66;--mnb-magenta:#8a1a8a}
@media screen and (prefers-color-scheme:dark){:root{--mnb-text:#e6edf3;--mnb-quiet:#9da7b3;
--mnb-link:#79b8ff;--mnb-line:#3d444d;--mnb-page:#111;--mnb-good:#56d364;--mnb-good-page:#12261a;
--mnb-bad:#ff938a;--mnb-bad-page:#2d1517;--mnb-bar:#33557d;--mnb-yellow:#e3b341;
--mnb-cyan:#56d4dd;--mnb-magenta:#e2a0ff}}
body.jp-Notebook{margin:0;padding:0 1rem 2rem;background:var(--mnb-page);color:var(--mnb-text);
height:auto;overflow:visible}
.mnb,.mnb-notebook{max-width:80rem;margin:0 auto}
.mnb{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;
padding:1.5rem 0 1rem;border-bottom:1px solid var(--mnb-line);margin-bottom:1.5rem}
.mnb a{color:var(--mnb-link);text-underline-offset:.15em}
.mnb a:focus-visible,.mnb summary:focus-visible{outline:2px solid var(--mnb-link);
outline-offset:2px}
.mnb h1{font-size:1.6rem;line-height:1.25;margin:0 0 .2rem;overflow-wrap:anywhere}
.mnb h2{font-size:1rem;margin:1.2rem 0 .3rem}
.mnb p{margin:.3rem 0}
.mnb-quiet{color:var(--mnb-quiet);overflow-wrap:anywhere}
.mnb-state{margin:1rem 0 0;padding:.6rem 1rem;border-left:5px solid var(--mnb-good);
background:var(--mnb-good-page)}
.mnb-state h2{margin:0;font-size:1.1rem;color:var(--mnb-good)}
.mnb-state.mnb-bad{border-color:var(--mnb-bad);background:var(--mnb-bad-page)}
.mnb-state.mnb-bad h2{color:var(--mnb-bad)}
.mnb pre{margin:.4rem 0;font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
white-space:pre-wrap;overflow-wrap:anywhere}
.mnb summary{cursor:pointer}
.mnb-tables{display:flex;flex-wrap:wrap;gap:0 3rem}
.mnb-wide{overflow-x:auto}
.mnb table{border-collapse:collapse;font-size:14px}
.mnb th,.mnb td{text-align:left;vertical-align:top;padding:.25rem 1.2rem .25rem 0;
border-bottom:1px solid var(--mnb-line);overflow-wrap:break-word;max-width:30rem}
.mnb thead th{color:var(--mnb-quiet);font-weight:600}
.mnb tbody th{font-weight:600}
.mnb td.mnb-number,.mnb th.mnb-number{text-align:right;font-variant-numeric:tabular-nums;
white-space:nowrap}
.mnb-bad-word{color:var(--mnb-bad);font-weight:600}
.mnb-restored{color:var(--mnb-good)}
.mnb-verdict{display:inline-block;border:1px solid currentColor;border-radius:.7em;
padding:0 .6em;font-size:13px;font-weight:600;white-space:nowrap}
.mnb-passed{color:var(--mnb-good)}.mnb-failed{color:var(--mnb-bad)}
.mnb-skipped{color:var(--mnb-quiet)}
.mnb tr.mnb-slice th{font-weight:400;padding-left:1.6rem}
.mnb-bar{display:block;height:.35rem;margin-left:auto;background:var(--mnb-bar);min-width:1px}
.mnb-curve{width:6rem;height:1.4rem;vertical-align:middle}
.mnb-curve path{fill:none;stroke:var(--mnb-link);stroke-width:1.5}
.mnb-notebook{contain:paint;padding:0 .2rem .5rem}
.mnb-cell{font:12px/1.6 system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;
color:var(--mnb-quiet);margin-left:calc(var(--jp-cell-prompt-width,64px) + 2px)}
.mnb-cell.mnb-bad-word{color:var(--mnb-bad)}
.mnb-notebook .jp-Cell:target{outline:2px solid var(--mnb-bad);outline-offset:-2px}
.mnb-notebook .jp-Collapser,.mnb-notebook a.anchor-link{display:none}
.mnb-notebook .jp-InputArea,.mnb-notebook .jp-InputArea-editor{overflow:hidden}
.mnb-notebook .highlight pre{margin:0;padding:5px;font-family:inherit;font-size:inherit;
line-height:inherit;color:inherit;white-space:pre-wrap;overflow-wrap:anywhere}
.mnb-notebook .jp-OutputArea-output{overflow-x:auto}
.mnb-notebook .jp-OutputArea-output pre{line-height:inherit;font-family:inherit}
.mnb-notebook .jp-RenderedText pre{color:var(--jp-content-font-color1);
font-size:var(--jp-code-font-size);white-space:pre-wrap;overflow-wrap:anywhere}
.mnb-notebook .jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']{
background:var(--mnb-bad-page)}
.mnb-notebook pre .ansi-red-fg,.mnb-notebook pre .ansi-red-intense-fg{color:var(--mnb-bad)}
.mnb-notebook pre .ansi-green-fg,.mnb-notebook pre .ansi-green-intense-fg{color:var(--mnb-good)}
.mnb-notebook pre .ansi-blue-fg,.mnb-notebook pre .ansi-blue-intense-fg{color:var(--mnb-link)}
.mnb-notebook pre .ansi-yellow-fg,.mnb-notebook pre .ansi-yellow-intense-fg{color:var(--mnb-yellow)}
.mnb-notebook pre .ansi-cyan-fg,.mnb-notebook pre .ansi-cyan-intense-fg{color:var(--mnb-cyan)}
.mnb-notebook pre .ansi-magenta-fg,.mnb-notebook pre .ansi-magenta-intense-fg{
color:var(--mnb-magenta)}
@media (max-width:760px){.mnb-notebook .jp-InputPrompt,.mnb-notebook .jp-OutputPrompt{display:none}
.mnb-cell{margin-left:2px}}
@media print{@page{margin:1.5cm}body.jp-Notebook{padding:0}
.mnb-notebook{contain:none}.mnb tr,.mnb-state,.jp-RenderedImage,.jp-RenderedSVG{break-inside:avoid}
.mnb h2{break-after:avoid}
.jp-Cell-inputWrapper,.jp-Cell-outputWrapper{display:block}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""
