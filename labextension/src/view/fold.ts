/** Whether a line is open; it stays so when it is scrolled out of the page and back. */
import { useState } from 'react';
import { useUi } from './ui';

export function useFold(key: string, isOpenFirst = false): [boolean, () => void] {
  const { folds } = useUi();
  const [isOpen, setOpen] = useState(folds.get(key) ?? isOpenFirst);
  const toggle = (): void => {
    folds.set(key, !isOpen);
    setOpen(!isOpen);
  };
  return [isOpen, toggle];
}
