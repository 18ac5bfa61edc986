/** Which text does a finding stand under? Its range in the source, within what the text is now. */

import type { Diagnostic } from '../wire/contract.js';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Return the range of a finding in `source`; of one about the whole cell, the first line's. */
export function spanOf(finding: Diagnostic, source: string): Span {
  const lines = source.split('\n');
  if (finding.line < 1 || finding.line > lines.length) {
    return { from: 0, to: (lines[0] ?? '').length };
  }
  const from = offsetOf(lines, finding.line, finding.column);
  const isRange = finding.end_line >= finding.line && finding.end_line <= lines.length;
  const to = isRange ? offsetOf(lines, finding.end_line, finding.end_column) : from;
  return { from, to: Math.max(from, to) };
}

function offsetOf(lines: readonly string[], line: number, column: number): number {
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  return before + Math.min(Math.max(0, column), (lines[line - 1] ?? '').length);
}
