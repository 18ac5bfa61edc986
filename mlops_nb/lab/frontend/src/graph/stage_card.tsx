/** What is shown of a stage while somebody points at it? A card beside it. */

import * as React from 'react';

import type { DocumentAnswer, LiveStage } from '../wire/contract.js';
import { type Seen, placeCard } from './card_place.js';
import { StageFacts } from './stage_facts.js';
import { useLater } from './walking.js';

/** Whoever moves over the stages wants to read them, not their cards. */
const DELAY_MS = 250;

interface CardProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, LiveStage>;
  readonly pointed: string | null;
  /** Where on the canvas a stage is. */
  boxOf(name: string): Seen | undefined;
}

/** Show the card of the stage that is pointed at, if there is one. */
export function StageCard(props: CardProps): JSX.Element | null {
  const { answer, states, boxOf } = props;
  const pointed = useLater(props.pointed, DELAY_MS);
  const card = React.useRef<HTMLDivElement>(null);
  const stage = answer.stages.find(({ name }) => name === pointed);
  const state = pointed === null ? undefined : states.get(pointed);
  React.useLayoutEffect(() => {
    const node = card.current;
    const room = node?.closest('.mlops-nb-room');
    const canvas = node?.parentElement;
    const box = pointed === null ? undefined : boxOf(pointed);
    if (node && room && canvas && box) {
      const { left, top } = placeCard(box, sizeOfNode(node), seen(room, canvas));
      Object.assign(node.style, { left: `${left}px`, top: `${top}px` });
    }
  });
  if (stage === undefined || state === undefined) {
    return null;
  }
  return (
    <div className="mlops-nb-card" ref={card} role="tooltip">
      <h4>{stage.name}</h4>
      <StageFacts stage={stage} state={state} />
    </div>
  );
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
