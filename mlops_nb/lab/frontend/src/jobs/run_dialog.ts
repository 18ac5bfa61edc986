/** How is the form of a headless run shown? In a dialog that closes when the run was taken. */

import { Dialog } from '@jupyterlab/apputils';

import { titleOf } from './run_draft.js';
import { RunForm, type RunFormOptions } from './run_form.js';

class RunDialog extends Dialog<void> {
  constructor(
    title: string,
    private readonly form: RunForm
  ) {
    const buttons = [Dialog.cancelButton(), Dialog.okButton({ label: 'Save and run' })];
    super({ title, body: form, buttons });
  }

  override resolve(index = 1): void {
    if (index !== 1) {
      super.resolve(index);
      return;
    }
    void this.form.submit().then(isTaken => isTaken && super.resolve(index));
  }

  /** Enter unfolds what is folded; elsewhere it is the default button, as in every dialog. */
  protected override _evtKeydown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLElement && event.target.tagName === 'SUMMARY')) {
      super._evtKeydown(event);
    }
  }
}

/** Ask how to run, and start it; false: the person changed their mind. */
export async function askRun(options: RunFormOptions): Promise<boolean> {
  const dialog = new RunDialog(titleOf(options.preset), new RunForm(options));
  return (await dialog.launch()).button.accept;
}
