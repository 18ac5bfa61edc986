/** How is a change shown? Line by line, what is added and what goes. */

import * as React from 'react';

export function DiffLines({ diff }: { readonly diff: string }): JSX.Element {
  return (
    <pre aria-label="Changes" className="mlops-nb-diff" tabIndex={0}>
      {diff.split('\n').map((line, index) => (
        <span className={classOf(line)} key={index}>
          {line + '\n'}
        </span>
      ))}
    </pre>
  );
}

function classOf(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('@@')) {
    return 'mlops-nb-diff-head';
  }
  return line.startsWith('+') ? 'mlops-nb-added' : line.startsWith('-') ? 'mlops-nb-removed' : '';
}
