/** How is a pipeline drawn and walked through? Boxes and lines where the server laid them out.
 *
 * One stage at a time can be reached with Tab; arrow keys lead from stage to stage, Enter opens.
 */

import * as React from 'react';

import type { StageState } from '../live/statuses.js';
import { counted } from '../text.js';
import type { Diagnostic, DocumentAnswer, Edge } from '../wire/contract.js';
import { MARGIN, pathOf, sizeOf } from './geometry.js';
import { findingsByStage } from './labels.js';
import { StageCard } from './stage_card.js';
import { StageNode } from './stage_node.js';
import { isSteer, steer } from './steering.js';

const NONE: readonly Diagnostic[] = [];

export interface StageGraphProps {
  readonly answer: DocumentAnswer;
  readonly states: ReadonlyMap<string, StageState>;
  readonly current: string | null;
  readonly scale: number;
  onOpen(name: string): void;
}

/** Draw the graph at a scale. */
export function StageGraph(props: StageGraphProps): JSX.Element {
  const { answer, states, scale } = props;
  const [pointed, point] = React.useState<string | null>(null);
  const [focused, focus] = React.useState<string | null>(null);
  const root = React.useRef<SVGSVGElement>(null);
  const places = new Map(answer.layout.nodes.map(node => [node.name, node]));
  const findings = findingsByStage(answer.diagnostics, answer.stages);
  const first = answer.stages[0]?.name ?? null;
  const stop = [focused, props.current, first].find(name => name !== null && places.has(name));
  const size = sizeOf(answer.layout);
  const width = size.width + 2 * MARGIN;
  const height = size.height + 2 * MARGIN;

  React.useEffect(() => reveal(root.current, props.current), [props.current]);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (stop === undefined || stop === null) {
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      props.onOpen(stop);
    } else if (event.key === 'Escape') {
      point(null);
    } else if (isSteer(event.key)) {
      const next = steer(answer.layout.nodes, stop, event.key);
      root.current && nodeOf(root.current, next)?.focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="mlops-nb-canvas" style={{ width: width * scale, height: height * scale }}>
      <svg
        aria-label={`Pipeline with ${counted(answer.stages.length, 'stage')}; arrow keys lead from stage to stage`}
        height={height * scale}
        onBlur={() => point(null)}
        onKeyDown={onKeyDown}
        ref={root}
        role="group"
        viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}
        width={width * scale}
      >
        <Lines edges={answer.layout.edges} lit={pointed ?? props.current} />
        {answer.stages.map(stage => {
          const place = places.get(stage.name);
          const state = states.get(stage.name);
          return place && state ? (
            <StageNode
              findings={findings.get(stage.name) ?? NONE}
              isCurrent={stage.name === props.current}
              isTabStop={stage.name === stop}
              key={stage.name}
              onFocus={name => {
                focus(name);
                point(name);
              }}
              onOpen={props.onOpen}
              onPoint={point}
              place={place}
              stage={stage}
              state={state}
            />
          ) : null;
        })}
      </svg>
      <StageCard {...props} pointed={pointed} />
    </div>
  );
}

function Lines(props: { readonly edges: readonly Edge[]; readonly lit: string | null }): JSX.Element {
  return (
    <g aria-hidden="true">
      {props.edges.map(edge => {
        const isLit = edge.from === props.lit || edge.to === props.lit;
        return (
          <path
            className={isLit ? 'mlops-nb-edge-line mlops-nb-lit' : 'mlops-nb-edge-line'}
            d={pathOf(edge)}
            key={`${edge.from}\n${edge.to}`}
          />
        );
      })}
    </g>
  );
}

/** The stage of the active cell stays in view, unless somebody walks the graph. */
function reveal(root: SVGSVGElement | null, name: string | null): void {
  if (root !== null && !root.contains(document.activeElement)) {
    nodeOf(root, name)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
}

function nodeOf(root: SVGSVGElement, name: string | null): SVGGElement | undefined {
  const nodes = Array.from(root.querySelectorAll<SVGGElement>('[data-stage]'));
  return nodes.find(node => node.dataset.stage === name);
}
