/** Lines that came and went. */
interface CountsProps {
  readonly additions: number | null;
  readonly deletions: number | null;
}

export function Counts({ additions, deletions }: CountsProps) {
  if (!additions && !deletions) {
    return null;
  }
  return (
    <span className="jcr-Counts">
      <span className="jcr-mod-add">+{additions ?? 0}</span> <span className="jcr-mod-del">−{deletions ?? 0}</span>
    </span>
  );
}
