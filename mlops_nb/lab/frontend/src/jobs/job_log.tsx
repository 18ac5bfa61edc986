/** What did a headless run say? Its log, which grows while it is open; only what is new is asked for. */

import * as React from 'react';

import { withoutColours } from '../text.js';
import { type Client, segment } from '../wire/client.js';
import type { Job } from '../wire/past.js';

interface Tail {
  readonly text: string;
  readonly offset: number;
}

export function JobLog({ job, client }: { readonly job: Job; readonly client: Client }): JSX.Element {
  const [isOpen, setOpen] = React.useState(false);
  const [tail, setTail] = React.useState<Tail>({ text: '', offset: 0 });
  const page = React.useRef<HTMLPreElement>(null);
  const isAtEnd = React.useRef(true);
  React.useEffect(() => {
    if (isOpen) {
      const { offset } = tail;
      client.get<Tail>(`jobs/${segment(job.id)}/log`, { offset }).then(
        more => setTail(old => (old.offset === offset ? joined(old, more) : old)),
        () => undefined // the card itself says that the server does not answer
      );
    }
  }, [isOpen, job]);
  React.useLayoutEffect(() => {
    if (isAtEnd.current) {
      page.current?.scrollTo(0, page.current.scrollHeight);
    }
  }, [tail, isOpen]);
  const onScroll = ({ currentTarget: node }: React.UIEvent): void => {
    isAtEnd.current = node.scrollTop + node.clientHeight >= node.scrollHeight - 8;
  };
  return (
    <details onToggle={event => setOpen((event.target as HTMLDetailsElement).open)}>
      <summary>Log</summary>
      <pre aria-label="Log" className="mlops-nb-log" onScroll={onScroll} ref={page} tabIndex={0}>
        {withoutColours(tail.text) || 'Nothing yet.'}
      </pre>
    </details>
  );
}

function joined(old: Tail, more: Tail): Tail {
  return { text: old.text + more.text, offset: more.offset };
}
