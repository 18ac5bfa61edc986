/** What did the check find? Each finding with its place, its remedy, and its fix where there is one. */

import * as React from 'react';

import { counted } from '../text.js';
import type { Diagnostic } from '../wire/contract.js';
import { countedAs } from './told.js';

interface FindingsProps {
  readonly findings: readonly Diagnostic[];
  onShow(finding: Diagnostic): void;
  onFix(finding: Diagnostic): void;
  onFixAll(): void;
  onExplain(finding: Diagnostic): void;
}

const WORDS = { error: 'Error', warning: 'Warning', info: 'Info' } as const;
const RANK = { error: 0, warning: 1, info: 2 } as const;

/** List findings, what is gravest first. */
export function Findings(props: FindingsProps): JSX.Element | null {
  const { findings } = props;
  if (findings.length === 0) {
    return null;
  }
  const sorted = [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  const canFix = findings.some(finding => finding.fixable);
  return (
    <details className="mlops-nb-section" open={sorted[0]?.severity === 'error'}>
      <summary>
        {counted(findings.length, 'finding')}
        {canFix && (
          <button
            className="mlops-nb-link"
            onClick={event => {
              event.preventDefault();
              props.onFixAll();
            }}
          >
            Fix all…
          </button>
        )}
      </summary>
      <ul className="mlops-nb-findings">
        {sorted.map((finding, index) => (
          <Finding key={index} {...props} finding={finding} />
        ))}
      </ul>
    </details>
  );
}

function Finding(props: FindingsProps & { readonly finding: Diagnostic }): JSX.Element {
  const { finding } = props;
  const where = finding.cell < 0 ? 'notebook' : `cell ${finding.cell}`;
  const line = finding.line > 0 ? `, line ${finding.line}` : '';
  return (
    <li className={`mlops-nb-finding mlops-nb-${finding.severity}`}>
      <button
        className="mlops-nb-finding-text"
        disabled={finding.cell_id === null}
        onClick={() => props.onShow(finding)}
      >
        <span className="mlops-nb-where" title={countedAs(finding.cell)}>
          <b>{WORDS[finding.severity]}</b> {where}
          {line}
        </span>
        {finding.message}
        <span className="mlops-nb-remedy">{finding.remedy}</span>
      </button>
      <span className="mlops-nb-finding-actions">
        <button className="mlops-nb-link" onClick={() => props.onExplain(finding)}>
          {finding.code}
        </button>
        {finding.fixable && (
          <button className="mlops-nb-link" onClick={() => props.onFix(finding)}>
            Fix…
          </button>
        )}
      </span>
    </li>
  );
}
