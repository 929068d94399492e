/** What this session may do without asking again; each can be taken back. */
import { closeIcon } from '@jupyterlab/ui-components';
import { useEffect, useState } from 'react';
import { visible } from '../lib/visible';
import type { Grant } from '../wire';
import { useUi } from './ui';

interface GrantsProps {
  readonly canRevoke: boolean;
  readonly load: () => Promise<Grant[]>;
  readonly onRevoke: (grant: Grant) => Promise<void>;
}

export function Grants({ canRevoke, load, onRevoke }: GrantsProps) {
  const { trans } = useUi();
  const [grants, setGrants] = useState<readonly Grant[]>([]);
  useEffect(() => {
    let isShown = true;
    void load().then(found => isShown && setGrants(found));
    return () => {
      isShown = false;
    };
  }, []); // eslint-disable-line react-hooks/exhaustive-deps -- fetched when the menu opens
  if (!grants.length) {
    return null;
  }
  const revoke = (grant: Grant): void => {
    setGrants(all => all.filter(other => other.id !== grant.id));
    void onRevoke(grant);
  };
  return (
    <ul className="jcr-Grants" aria-label={trans.__('Allowed in this session')}>
      {grants.map(grant => (
        <li key={grant.id}>
          <span className="jcr-Ellipsis" title={visible(grant.scope)}>
            {trans.__('Allowed: %1', visible(grant.scope))}
          </span>
          {canRevoke && (
            <button className="jcr-IconButton" title={trans.__('Take back')} onClick={() => revoke(grant)}>
              <closeIcon.react tag="span" className="jcr-Icon" />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
