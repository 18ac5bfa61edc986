/** How does one see a large graph? It scrolls, it zooms, and it is drawn in the way that fits.
 *
 * The stage of the active cell is kept in view, unless somebody walks the graph with keys.
 */

import * as React from 'react';

import { MARGIN, sizeOf } from '../graph/geometry.js';
import { type View, type ViewChoice, scrollTo, viewFor } from '../graph/views.js';
import { nodeOf } from '../graph/walking.js';
import { anchored, fit, step, wheel } from '../graph/zoom.js';
import type { Layout } from '../wire/contract.js';

const SCROLLBAR = 14;
/** What is to be seen has something of its neighbours around it. */
const AROUND = 40;

export interface Drawing {
  readonly view: View;
  readonly scale: number;
  /** The width there is. */
  readonly room: number;
}

interface ScrollerProps {
  readonly layout: Layout;
  readonly choice: ViewChoice;
  /** The stage that is to be seen. */
  readonly current: string | null;
  /** What stands beside the switch of views. */
  readonly lead: React.ReactNode;
  onChoice(choice: ViewChoice): void;
  children(drawing: Drawing): React.ReactNode;
}

/** Show what `children` draws, in a view and at a scale that a person may choose. */
export function Scroller(props: ScrollerProps): JSX.Element {
  const { layout, current } = props;
  const frame = React.useRef<HTMLDivElement>(null);
  const room = useWidth(frame) - SCROLLBAR;
  const [chosen, choose] = React.useState<number | null>(null);
  const width = sizeOf(layout).width + 2 * MARGIN;
  const view = viewFor(props.choice, { width, layers: layout.rows }, room);
  const scale = view === 'rows' ? 1 : (chosen ?? fit(width, room));
  const isMeasured = room > 0;
  useWheel(frame, scale, view === 'rows' ? null : choose);
  React.useEffect(() => {
    if (isMeasured && frame.current !== null) {
      reveal(frame.current, current ?? layout.nodes[0]?.name ?? null);
    }
  }, [current, view, isMeasured]);
  return (
    <>
      <div className="mlops-nb-lead">
        {props.lead}
        <Switch onChoice={props.onChoice} view={view} />
      </div>
      <div className="mlops-nb-graph">
        <div className="mlops-nb-room" ref={frame} tabIndex={-1}>
          {isMeasured && props.children({ view, scale, room })}
        </div>
        {view === 'boxes' && <Zoom choose={choose} scale={scale} />}
      </div>
    </>
  );
}

interface ZoomProps {
  readonly scale: number;
  choose(scale: number | null): void;
}

function Zoom({ scale, choose }: ZoomProps): JSX.Element {
  return (
    <div aria-label="Zoom" className="mlops-nb-zoom mlops-nb-switch" role="group">
      <button aria-label="Zoom out" onClick={() => choose(step(scale, -1))} title="Zoom out">
        −
      </button>
      <button aria-label="Fit the panel" onClick={() => choose(null)} title="Fit the panel">
        {Math.round(scale * 100)}%
      </button>
      <button aria-label="Zoom in" onClick={() => choose(step(scale, 1))} title="Zoom in">
        +
      </button>
    </div>
  );
}

const VIEWS: readonly (readonly [View, string])[] = [
  ['rows', 'Rows'],
  ['boxes', 'Boxes']
];

function Switch(props: { readonly view: View; onChoice(choice: ViewChoice): void }): JSX.Element {
  return (
    <div aria-label="Draw stages as" className="mlops-nb-switch" role="group">
      {VIEWS.map(([view, label]) => (
        <button
          aria-pressed={view === props.view}
          key={view}
          onClick={() => props.onChoice(view)}
          title={`Draw stages as ${label.toLowerCase()}`}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function reveal(room: HTMLElement, name: string | null): void {
  const node = nodeOf(room, name);
  if (node === undefined || room.contains(document.activeElement?.closest('[data-stage]') ?? null)) {
    return;
  }
  const [seen, box] = [room.getBoundingClientRect(), node.getBoundingClientRect()];
  const top = box.top - seen.top + room.scrollTop;
  const left = box.left - seen.left + room.scrollLeft;
  room.scrollTo(
    scrollTo(room.scrollLeft, room.clientWidth, left - MARGIN, left + box.width + MARGIN),
    scrollTo(room.scrollTop, room.clientHeight, top - AROUND, top + box.height + AROUND)
  );
}

function useWidth(element: React.RefObject<HTMLElement>): number {
  const [width, setWidth] = React.useState(0);
  React.useEffect(() => {
    const node = element.current;
    if (node === null) {
      return undefined;
    }
    const observer = new ResizeObserver(() => setWidth(node.clientWidth));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** React listens to wheels passively; zooming has to keep the page from zooming too. */
function useWheel(
  element: React.RefObject<HTMLElement>,
  scale: number,
  choose: ((scale: number) => void) | null
): void {
  React.useEffect(() => {
    const node = element.current;
    if (node === null || choose === null) {
      return undefined;
    }
    const onWheel = (event: WheelEvent): void => {
      if (!(event.ctrlKey || event.metaKey)) {
        return;
      }
      event.preventDefault();
      const next = wheel(scale, event.deltaY);
      const frame = node.getBoundingClientRect();
      const left = anchored(node.scrollLeft, event.clientX - frame.left, scale, next);
      const top = anchored(node.scrollTop, event.clientY - frame.top, scale, next);
      choose(next);
      requestAnimationFrame(() => node.scrollTo(left, top));
    };
    node.addEventListener('wheel', onWheel, { passive: false });
    return () => node.removeEventListener('wheel', onWheel);
  }, [element, scale, choose]);
}
