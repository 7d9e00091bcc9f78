import type { MethodRow } from '../src/answers';
import { byPlace, toPercentile, toRate, toShortName } from './format';

const byServiceAndName = (one: MethodRow, other: MethodRow) => byPlace(one.service, other.service) || one.name.localeCompare(other.name);

/** Each method that was ever called, with its last minute. A click shows its course. */
export function MethodTable({ rows, selected, onSelect }: { rows: readonly MethodRow[]; selected: string; onSelect: (key: string) => void }) {
  return (
    <div class="scroll methods">
      <table>
        <thead>
          <tr>
            <th>method</th>
            <th class="number">rate</th>
            <th class="number">p50</th>
            <th class="number">p95</th>
            <th class="number">refused</th>
            <th class="number">failed</th>
          </tr>
        </thead>
        <tbody>
          {[...rows].sort(byServiceAndName).map((row) => {
            const key = `${row.service} ${row.name}`;
            return (
              <tr key={key} class={`${key === selected ? 'selected' : ''} ${row.total ? '' : 'idle'}`} onClick={() => onSelect(key)}>
                <td title={key}>
                  <i class={`dot ${row.service}`} />
                  <button type="button">{toShortName(row.name)}</button>
                </td>
                <td class="number">{toRate(row.rate)}</td>
                <td class="number">{toPercentile(row.p50, row.finest)}</td>
                <td class="number">{toPercentile(row.p95, row.finest)}</td>
                <td class={`number ${row.refused ? 'refused' : 'none'}`}>{row.refused}</td>
                <td class={`number ${row.failed ? 'failed' : 'none'}`}>{row.failed}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
