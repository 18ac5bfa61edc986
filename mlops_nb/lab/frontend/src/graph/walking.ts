/** How does one get from stage to stage? With a pointer, or with Tab, arrows, Enter and the menu key.
 *
 * One stage at a time can be reached with Tab: the one that had the focus last, the current one,
 * the first. The same for boxes and rows, which only differ in where an arrow leads.
 */

import * as React from 'react';

import { type Steer, isSteer } from './steering.js';

/** What a drawn stage reports; the same object as long as nothing changes. */
export interface Hands {
  onOpen(name: string): void;
  onPoint(name: string | null): void;
  onFocus(name: string): void;
}

export interface Walk {
  readonly pointed: string | null;
  readonly stop: string | null;
  readonly hands: Hands;
  readonly frame: {
    readonly ref: React.RefObject<HTMLDivElement>;
    onBlur(): void;
    onKeyDown(event: React.KeyboardEvent): void;
  };
}

interface WalkOptions {
  readonly names: readonly string[];
  readonly current: string | null;
  steer(from: string, key: Steer): string | null;
  onOpen(name: string): void;
}

/** Follow pointer and keys over the stages within a frame. */
export function useWalk(options: WalkOptions): Walk {
  const { names, current, steer, onOpen } = options;
  const [pointed, point] = React.useState<string | null>(null);
  const [focused, focus] = React.useState<string | null>(null);
  const ref = React.useRef<HTMLDivElement>(null);
  const stop = [focused, current].find(name => name !== null && names.includes(name)) ?? names[0];
  const hands = React.useMemo<Hands>(() => {
    const onFocus = (name: string): void => {
      focus(name);
      point(name);
    };
    return { onOpen, onPoint: point, onFocus };
  }, [onOpen]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (stop === undefined) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      onOpen(stop);
    } else if (event.key === 'Escape' && pointed !== null) {
      point(null);
    } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      openMenu(nodeOf(ref.current, stop));
    } else if (isSteer(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      nodeOf(ref.current, steer(stop, event.key))?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return { pointed, stop: stop ?? null, hands, frame: { ref, onBlur: () => point(null), onKeyDown } };
}

type StageElement = HTMLElement | SVGElement;

/** Return what stands for a stage on the page; names are compared, never made part of a selector. */
export function nodeOf(root: Element | null, name: string | null): StageElement | undefined {
  const nodes = Array.from(root?.querySelectorAll<StageElement>('[data-stage]') ?? []);
  return nodes.find(node => node.dataset.stage === name);
}

/** The application listens to the event of the mouse; keys ask for the same menu. */
function openMenu(node: StageElement | undefined): void {
  const frame = node?.getBoundingClientRect();
  if (node && frame) {
    const at = { clientX: frame.left + frame.width / 2, clientY: frame.top + frame.height / 2 };
    node.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true, ...at }));
  }
}

/** Return `value` once it stood still for a moment, null before. */
export function useLater<T>(value: T | null, ms: number): T | null {
  const [later, setLater] = React.useState<T | null>(null);
  React.useEffect(() => {
    const timer = window.setTimeout(() => setLater(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return later === value ? value : null;
}
