/** How do findings get under the text of cells? As lint markers of the editor, with their fixes. */

import { type Diagnostic as Mark, setDiagnostics } from '@codemirror/lint';
import type { EditorView } from '@codemirror/view';

import type { Diagnostic } from '../wire/contract.js';
import { spanOf } from './spans.js';

export interface MarkActions {
  fix(finding: Diagnostic): void;
  explain(finding: Diagnostic): void;
}

/** Put findings under the text of an editor, in the place of those that were there. */
export function markFindings(
  view: EditorView,
  findings: readonly Diagnostic[],
  acts: MarkActions
): void {
  const source = view.state.doc.toString();
  const marks = findings.map(finding => toMark(finding, source, acts));
  view.dispatch(setDiagnostics(view.state, marks));
}

function toMark(finding: Diagnostic, source: string, acts: MarkActions): Mark {
  const explain = { name: 'Explain', apply: () => acts.explain(finding) };
  const fix = { name: 'Fix…', apply: () => acts.fix(finding) };
  return {
    ...spanOf(finding, source),
    severity: finding.severity,
    source: finding.code,
    message: `${finding.message} ${finding.remedy}`,
    renderMessage: () => renderMessage(finding),
    actions: finding.fixable ? [fix, explain] : [explain]
  };
}

function renderMessage(finding: Diagnostic): HTMLElement {
  const node = document.createElement('div');
  node.className = 'mlops-nb-mark';
  for (const text of [finding.message, finding.remedy]) {
    node.append(Object.assign(document.createElement('p'), { textContent: text }));
  }
  return node;
}
