/** How does one see a large graph? It scrolls, and it zooms by buttons, Ctrl and wheel, or to fit. */

import * as React from 'react';

import { MARGIN, sizeOf } from '../graph/geometry.js';
import { anchored, fit, step, wheel } from '../graph/zoom.js';
import type { Layout } from '../wire/contract.js';

const SCROLLBAR = 14;

interface ScrollerProps {
  readonly layout: Layout;
  children(scale: number): React.ReactNode;
}

/** Show what `children` draws at a scale that the person chooses. */
export function Scroller({ layout, children }: ScrollerProps): JSX.Element {
  const room = React.useRef<HTMLDivElement>(null);
  const width = useWidth(room);
  const [chosen, choose] = React.useState<number | null>(null);
  const scale = chosen ?? fit(sizeOf(layout).width + 2 * MARGIN, width - SCROLLBAR);
  useWheel(room, scale, choose);
  return (
    <div className="mlops-nb-graph">
      <div className="mlops-nb-room" ref={room} tabIndex={-1}>
        {children(scale)}
      </div>
      <div aria-label="Zoom" className="mlops-nb-zoom" role="group">
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
    </div>
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
  choose: (scale: number) => void
): void {
  React.useEffect(() => {
    const node = element.current;
    const onWheel = (event: WheelEvent): void => {
      if (node === null || !(event.ctrlKey || event.metaKey)) {
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
    node?.addEventListener('wheel', onWheel, { passive: false });
    return () => node?.removeEventListener('wheel', onWheel);
  }, [element, scale, choose]);
}
