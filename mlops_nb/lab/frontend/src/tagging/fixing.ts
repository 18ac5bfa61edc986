/** How are findings mended? The server proves the fix, the person sees it, the notebook gets it. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { applyEdits } from '../document/edits.js';
import type { Followed } from '../document/followed.js';
import { type Client, segment } from '../wire/client.js';
import type { Diagnostic, Fixes } from '../wire/contract.js';
import { acceptsDiff } from './diff_dialog.js';

/** Mend one finding, or all that can be. */
export async function fixFindings(
  followed: Followed,
  client: Client,
  finding?: Diagnostic
): Promise<void> {
  const { sent } = followed;
  const only = finding && { code: finding.code, cell_id: finding.cell_id ?? '' };
  const said = await client.post<Fixes>('fixes', { ...sent, ...only });
  const model = followed.panel.content.model;
  if (said.edits.length === 0 || model === null) {
    const body = 'No change was found that mends it and leaves all else as it is.';
    await showDialog({ title: 'There is no fix', body, buttons: [Dialog.okButton()] });
    return;
  }
  const title = finding === undefined ? 'Fix what can be fixed' : `Fix ${finding.code}`;
  if (await acceptsDiff({ title, accept: 'Apply', diff: said.diff })) {
    applyEdits(model, said.edits, sent.cells);
  }
}

/** Show what a code means, as `mlops-nb explain` does. */
export async function explainCode(
  client: Client,
  code: string,
  renderers: IRenderMimeRegistry
): Promise<void> {
  const said = await client.get<{ title: string; text: string }>(`explain/${segment(code)}`);
  const body = renderers.createRenderer('text/markdown');
  body.addClass('mlops-nb-explained');
  const data = { 'text/markdown': said.text.replace(/^#.*\n+/, '') };
  await body.renderModel(renderers.createModel({ data }));
  await showDialog({ title: said.title, body, buttons: [Dialog.okButton({ label: 'Close' })] });
}
