/**
 * A small line of what was over time; the number beside it says what matters.
 *
 * @module
 */

/** Draws values from left to right. */
export function Spark(
  { values, tone = "accent" }: { readonly values: readonly number[]; readonly tone?: string },
) {
  if (values.length < 2) return <svg class="spark" viewBox="0 0 100 24" aria-hidden="true" />;
  const top = Math.max(...values, 1e-9), step = 100 / (values.length - 1);
  const points = values.map((value, at) =>
    `${(at * step).toFixed(1)},${(22 - 20 * Math.max(0, value) / top).toFixed(1)}`
  ).join(" ");
  return (
    <svg
      class="spark"
      data-tone={tone}
      viewBox="0 0 100 24"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,24 ${points} 100,24`} />
      <polyline points={points} />
    </svg>
  );
}
