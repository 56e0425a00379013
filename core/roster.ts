/**
 * Who is there, in the order of coming: joining and leaving cost the same whatever the number.
 * Not a Set, though it promises the same: each hash table that a Set outgrows stays linked to the
 * next one, so garbage collection keeps what all of them ever held (`docs/decisions`, 14).
 */

/** A member's neighbours; both undefined for whoever is in no roster. */
export interface Listed<T> {
  earlier: T | undefined;
  later: T | undefined;
}

/** A linked list through its members. A member is in one roster at most, and once. */
export class Roster<T extends Listed<T>> {
  private count = 0;
  private oldest: T | undefined;
  private newest: T | undefined;

  get size(): number {
    return this.count;
  }

  /** Who came first of those that are there. */
  get first(): T | undefined {
    return this.oldest;
  }

  join(member: T): void {
    const { newest } = this;
    member.earlier = newest;
    if (newest === undefined) this.oldest = member;
    else newest.later = member;
    this.newest = member;
    this.count += 1;
  }

  /** False when it is not there. */
  leave(member: T): boolean {
    const { earlier, later } = member;
    if (earlier === undefined && this.oldest !== member) return false;
    if (earlier === undefined) this.oldest = later;
    else earlier.later = later;
    if (later === undefined) this.newest = earlier;
    else later.earlier = earlier;
    // What has left points at nobody: an old one would keep the young from being collected.
    member.earlier = undefined;
    member.later = undefined;
    this.count -= 1;
    return true;
  }

  /** All that are there now, in the order of coming; who leaves meanwhile stays on it. */
  all(): T[] {
    const members: T[] = [];
    for (let at = this.oldest; at !== undefined; at = at.later) members.push(at);
    return members;
  }
}
