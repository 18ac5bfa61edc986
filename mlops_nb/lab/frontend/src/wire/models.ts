/** What does the server say of registered models? Versions, plans of promotions, history. */

import type { Fault } from './fault.js';
import type { Numbers } from './past.js';

export interface ModelVersion {
  readonly version: number;
  readonly aliases: readonly string[];
  readonly run_id: string | null;
  readonly created: string | null;
  readonly metrics: Numbers;
  readonly gates: string | null;
  /** Why it is archived; null: it is not. */
  readonly archived: string | null;
}

export interface RegisteredModel {
  readonly name: string;
  readonly champion: number | null;
  readonly previous: number | null;
  readonly aliases: Readonly<Record<string, number>>;
  readonly versions: readonly ModelVersion[];
}

export type Verdict = 'passed' | 'failed' | 'skipped';

export interface GateOutcome {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly value: number | null;
  readonly champion: number | null;
  readonly unit: string;
}

export interface Obstacle {
  readonly code: string;
  readonly reason: string;
  readonly remedy: string;
  readonly overridable: boolean;
}

export interface PromotionPlan {
  readonly model: string;
  readonly version: number;
  readonly to: string;
  readonly already: boolean;
  readonly ready: boolean;
  readonly current: { readonly version: number } | null;
  readonly gates: {
    readonly passed: boolean;
    readonly summary: string;
    readonly outcomes: readonly GateOutcome[];
  } | null;
  readonly infra: {
    readonly passed: boolean;
    readonly problems: readonly string[];
    readonly notes: readonly string[];
    readonly load_seconds: number | null;
  } | null;
  readonly approvals: {
    readonly needed: number;
    readonly missing: number;
    readonly counted: readonly { readonly actor: string; readonly at: string }[];
    readonly ignored: readonly string[];
  };
  readonly obstacles: readonly Obstacle[];
  readonly notes: readonly string[];
}

export interface JudgedPlan {
  readonly plan: PromotionPlan;
  readonly can_force: boolean;
  /** What was seen: it goes back with the decision. */
  readonly digest: string;
}

/** A promotion or a rollback that was carried out. */
export interface Moved {
  readonly kind: string;
  readonly model: string;
  readonly version: number;
  readonly to: string;
  readonly before: number | null;
  readonly already: boolean;
  readonly hook?: { readonly fault?: string } | null;
}

export interface Task<T> {
  readonly id: string;
  readonly status: 'running' | 'completed' | 'failed';
  readonly progress: { readonly seconds: number; readonly step?: string };
  readonly result: T | null;
  readonly error: Fault | null;
}

export interface HistoryEvent {
  readonly kind: string;
  readonly outcome: string;
  readonly at: string;
  readonly alias: string | null;
  readonly before: number | null;
  readonly after: number | null;
  readonly actor: string | null;
  readonly reason: string;
  readonly forced: readonly string[];
}

export interface History {
  readonly intact: boolean;
  readonly problems: readonly string[];
  readonly events: readonly HistoryEvent[];
}
