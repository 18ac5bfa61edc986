/** Where does a card go that tells of a stage? Below its box, or above; always within what is seen. */

/** What is seen of the drawing, in its own pixels. */
export interface Seen {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const GAP = 6;

/** Return the left upper corner of a card of a size for a box. */
export function placeCard(box: Seen, card: Size, seen: Seen): { left: number; top: number } {
  const most = seen.left + seen.width - card.width - GAP;
  const left = Math.max(seen.left + GAP, Math.min(box.left, most));
  const below = box.top + box.height + GAP;
  const above = box.top - card.height - GAP;
  const fitsBelow = below + card.height <= seen.top + seen.height;
  return { left, top: fitsBelow || above < seen.top ? below : above };
}
