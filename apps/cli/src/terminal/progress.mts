import { createLogUpdate } from 'log-update';

/** What a command does, while it does it. */
export interface Progress {
  /** Says where it is, now and then. @param done how much, of 1; undefined where nobody knows the whole */
  show(text: () => string, done?: number): void;
  /** Says something that stays. */
  note(text: string): void;
  /** Takes the bar away. */
  stop(): void;
}

// Milliseconds.
const redrawMs = 100;
const lineMs = 5_000;
const width = 24;

/** A bar on a terminal, elsewhere a line every few seconds. Written to stderr: on stdout there may be data. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  // the cursor is left as it is, so that there is nothing to mend where a process is killed
  const bar = stream.isTTY ? createLogUpdate(stream, { showCursor: true }) : undefined;
  let dueAt = bar ? 0 : performance.now() + lineMs;
  return {
    show(text, done) {
      const now = performance.now();
      if (now < dueAt) return;
      dueAt = now + (bar ? redrawMs : lineMs);
      const line = done === undefined ? text() : `${String(Math.floor(done * 100)).padStart(3)} %  ${text()}`;
      if (bar) bar(done === undefined ? line : `${toBar(done)} ${line}`);
      else stream.write(`${line.trimStart()}\n`);
    },
    note(text) {
      bar?.clear();
      stream.write(`${text}\n`);
    },
    stop: () => bar?.clear(),
  };
}

const toBar = (done: number) => '█'.repeat(Math.floor(done * width)).padEnd(width, '░');

/** `1,234,567` */
export const toText = (count: number): string => Math.round(count).toLocaleString('en-US');

/** `1 h 02 min`, `3 min 20 s`, `7 s` */
export function toDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  if (hours) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
