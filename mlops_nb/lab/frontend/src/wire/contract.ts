/** What do the server and the kernel say? The JSON of the REST interface and of the comm. */

import type { CellDirective } from './directive.js';
import type { Fault } from './fault.js';

export type Permission = 'read' | 'write' | 'execute';

export interface ServerStatus {
  readonly version: string;
  /** What the server lets this person do. */
  readonly may: readonly Permission[];
}

export type CellKind = 'parameters' | 'setup' | 'stage' | 'skip' | 'inline' | 'markdown' | 'raw';

/** Where a cell says its stage. */
export type Carrier = 'magic' | 'comment' | 'tag' | 'metadata';

/** A cell of the unsaved document, as it is sent. */
export interface SentCell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: string;
  readonly tags: readonly string[];
  readonly metadata: { readonly mlops_nb?: CellDirective };
}

/** What is sent of the notebook's own metadata: widgets keep megabytes there. */
export interface SentMetadata {
  readonly kernelspec?: unknown;
  readonly language_info?: unknown;
  readonly mlops_nb?: unknown;
}

/** The unsaved document, as it is sent. */
export interface SentNotebook {
  readonly cells: readonly SentCell[];
  readonly metadata: SentMetadata;
}

export interface CellAnswer {
  readonly index: number;
  readonly id: string;
  readonly kind: CellKind;
  readonly stage: string | null;
  readonly carriers: readonly Carrier[];
  readonly reads: readonly string[];
  readonly binds: readonly string[];
  readonly deletes?: readonly string[];
  readonly mutates?: readonly string[];
  readonly likely_mutated?: readonly string[];
  /** Indexes of the cells it depends on directly. */
  readonly upstream?: readonly number[];
}

export interface StageAnswer {
  readonly name: string;
  readonly cells: readonly number[];
  readonly cell_ids: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly upstream: readonly string[];
  readonly options: CellDirective;
  readonly metrics: readonly string[];
  readonly model: string | null;
}

export type Severity = 'error' | 'warning' | 'info';

/** A finding; lines count from 1 (0: the cell as a whole), columns from 0 in UTF-16 units. */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  /** Index among all cells; -1: the notebook as a whole. */
  readonly cell: number;
  readonly cell_id: string | null;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly end_column: number;
  readonly message: string;
  readonly remedy: string;
  readonly fixable: boolean;
}

export interface Parameter {
  readonly name: string;
  /** For people: `int`, `float or None`. */
  readonly type: string;
  readonly types: readonly string[];
  readonly optional: boolean;
  readonly choices: readonly unknown[] | null;
  /** As JSON; null where it has no such value. */
  readonly default: unknown;
  /** The default as the notebook spells it. */
  readonly source: string;
  readonly description: string;
}

/** Where a stage is: `x` a column, not always a whole one, `y` a row. */
export interface PlacedStage {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly layer: number;
}

/** A line: its column and row in every row from its source to its target. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
  readonly points: readonly (readonly [number, number])[];
}

export interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly nodes: readonly PlacedStage[];
  readonly edges: readonly Edge[];
}

export interface DocumentAnswer {
  readonly cells: readonly CellAnswer[];
  readonly stages: readonly StageAnswer[];
  readonly diagnostics: readonly Diagnostic[];
  readonly parameters: readonly Parameter[];
  readonly layout: Layout;
  readonly version: unknown;
}

export type Action = 'run' | 'restore' | 'skip' | 'undecided';

export interface PlannedStage {
  readonly name: string;
  readonly action: Action;
  readonly reason: string;
  readonly seconds_last?: number | null;
  readonly metrics_last?: Readonly<Record<string, number>> | null;
  readonly run_id_last?: string | null;
}

export interface PlanAnswer {
  readonly stages: readonly PlannedStage[];
  readonly notes: readonly string[];
  /** Why nothing could be planned; null: it could. */
  readonly why_not: Fault | null;
}

/** What becomes different in a cell: its text, all its tags, its whole `mlops_nb` object. */
export interface CellChange {
  readonly cell_id: string;
  readonly source?: string;
  readonly tags?: readonly string[];
  /** Empty: the cell has none any more. */
  readonly metadata?: CellDirective;
}

/** A new cell below another; at the top where `insert_after` is null. */
export interface CellInsertion {
  readonly insert_after: string | null;
  readonly cell_type: string;
  readonly source: string;
  readonly tags: readonly string[];
}

export type CellEdit = CellChange | CellInsertion;

export interface Fixes {
  readonly edits: readonly CellEdit[];
  readonly diff: string;
  readonly left: readonly unknown[];
}

export interface SuggestedStage {
  readonly name: string;
  readonly cell_ids: readonly string[];
  readonly why: string;
}

export interface SuggestedTag {
  readonly cell_id: string;
  readonly tag: string;
  readonly reason: string;
}

export interface Suggestions {
  readonly stages: readonly SuggestedStage[];
  readonly tags: readonly SuggestedTag[];
  /** Why there is nothing to suggest; empty where there is. */
  readonly why_not: string;
  readonly edits: readonly CellEdit[];
  readonly diff: string;
}

export type LiveStatus =
  | 'never'
  | 'fresh'
  | 'stale'
  | 'running'
  | 'failed'
  | 'restored'
  | 'undecided'
  /** The page's own word, no kernel says it: its cells are scheduled, and others run before them. */
  | 'waiting';

/** How a stage stands in the kernel. */
export interface LiveStage {
  readonly name: string;
  readonly status: LiveStatus;
  /** The page's own word: nobody said anything of it. */
  readonly isUntold?: boolean;
  readonly reasons: readonly string[];
  /** Ids of the cells that have to run first, for anybody to know. */
  readonly waits_for?: readonly string[];
  /** Ids of cells that have to run again before it, though they are fresh: it changed what they left. */
  readonly again?: readonly string[];
  readonly seconds: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface LiveCell {
  readonly id: string;
  readonly status: LiveStatus;
  /** As of a stage. */
  readonly again?: readonly string[];
}

/** What the kernel is told: the document, and what the server read in it. */
export interface SentDocument {
  readonly cells: readonly SentCell[];
  readonly analysis: Pick<DocumentAnswer, 'cells' | 'stages'>;
}

/** What the kernel says over the comm. */
export type KernelMessage =
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'hello'; readonly version: string }
  | {
      readonly type: 'stages';
      readonly version: number;
      readonly stages: readonly LiveStage[];
      readonly cells?: readonly LiveCell[];
    };
