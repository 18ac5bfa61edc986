/** What is shown of a stage while somebody points at it? A card beside its box. */

import * as React from 'react';

import type { StageState } from '../live/statuses.js';
import type { DocumentAnswer } from '../wire/contract.js';
import { type Seen, placeCard } from './card_place.js';
import { BOX, type Box, MARGIN, boxOf } from './geometry.js';
import { StageFacts } from './stage_facts.js';

interface CardProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, StageState>;
  readonly scale: number;
  readonly pointed: string | null;
}

/** Show the card of the stage that is pointed at, if there is one. */
export function StageCard(props: CardProps): JSX.Element | null {
  const { answer, states, pointed, scale } = props;
  const card = React.useRef<HTMLDivElement>(null);
  const place = answer.layout.nodes.find(node => node.name === pointed);
  const stage = answer.stages.find(({ name }) => name === pointed);
  const state = pointed === null ? undefined : states.get(pointed);
  React.useLayoutEffect(() => {
    const node = card.current;
    const room = node?.closest('.mlops-nb-room');
    const canvas = node?.parentElement;
    if (node && room && canvas && place) {
      const { left, top } = placeCard(scaled(boxOf(place), scale), sizeOfNode(node), seen(room, canvas));
      Object.assign(node.style, { left: `${left}px`, top: `${top}px` });
    }
  });
  if (stage === undefined || state === undefined || place === undefined) {
    return null;
  }
  return (
    <div className="mlops-nb-card" ref={card} role="tooltip">
      <h4>{stage.name}</h4>
      <StageFacts stage={stage} state={state} />
    </div>
  );
}

function scaled(box: Box, scale: number): Seen {
  return {
    left: (box.left + MARGIN) * scale,
    top: (box.top + MARGIN) * scale,
    width: BOX.width * scale,
    height: BOX.height * scale
  };
}

function sizeOfNode(node: HTMLElement): { readonly width: number; readonly height: number } {
  return { width: node.offsetWidth, height: node.offsetHeight };
}

/** What is seen of the canvas through the room that it scrolls in. */
function seen(room: Element, canvas: HTMLElement): Seen {
  const { clientWidth: width, clientHeight: height } = room;
  const left = room.scrollLeft - canvas.offsetLeft;
  return { left, top: room.scrollTop - canvas.offsetTop, width, height };
}
