/** How is a pipeline drawn in a room? As boxes where they fit and stay legible, else as rows. */

/** What a person asked for; `auto`: whichever fits. */
export type ViewChoice = 'auto' | 'boxes' | 'rows';

export type View = Exclude<ViewChoice, 'auto'>;

const LEGIBLE = 0.85;
const MOST_LAYERS = 30;

/** Return the view for a drawing of `width` pixels and `layers` layers in a room. */
export function viewFor(
  choice: ViewChoice,
  drawing: { readonly width: number; readonly layers: number },
  room: number
): View {
  if (choice !== 'auto') {
    return choice;
  }
  return room >= drawing.width * LEGIBLE && drawing.layers <= MOST_LAYERS ? 'boxes' : 'rows';
}

/** Return what a text of the settings asks for; what nobody knows is `auto`. */
export function toChoice(text: unknown): ViewChoice {
  return text === 'boxes' || text === 'rows' ? text : 'auto';
}

/** Return where to scroll so that `start` to `end` is seen in a room, moving as little as possible. */
export function scrollTo(
  scroll: number,
  room: number,
  start: number,
  end: number
): number {
  if (start < scroll || end - start > room) {
    return Math.max(0, start);
  }
  return Math.max(scroll, end - room);
}
