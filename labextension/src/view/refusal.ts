/** What the words in the composer refuse: the request whose card is shown, once a person could have seen that it is there. */
import { useEffect, useState } from 'react';
import type { PendingRequest } from '../session/model';
import type { PermissionRequest } from '../wire';
import { UNSEEN_MS } from './Card';

interface Refusable {
  readonly refused: PermissionRequest | null;
  readonly isOpen: boolean;
}

export function useRefusable(asked: readonly PendingRequest[]): Refusable {
  const first = asked[0];
  const refused = first && !('questions' in first) ? first : null;
  const id = refused?.id ?? null;
  const [open, setOpen] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setOpen(id), UNSEEN_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return { refused, isOpen: id !== null && open === id };
}
