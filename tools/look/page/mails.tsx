import { useEffect, useState } from 'preact/hooks';
import type { MailDetail, MailSummary } from '../src/answers';
import { toFineClock } from './format';

const intervalMs = 2_000;

/** The mails that would have been sent, latest first, and the one that is looked at. */
export function Mails() {
  const [mails, setMails] = useState<readonly MailSummary[]>([]);
  const [chosen, choose] = useState('');
  useEffect(() => {
    const read = async () => {
      if (!document.hidden) setMails((await (await fetch('/api/mails')).json()) as MailSummary[]);
    };
    const hurry = () => void read().catch(() => {}); // the status line says that Gatehouse has stopped
    hurry();
    const timer = setInterval(hurry, intervalMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <section aria-label="Mails" class="mails">
      <h2>
        Mails <span>{mails.length}</span>
      </h2>
      <div class="scroll requests">
        <table>
          <tbody>
            {mails.map(({ id, time, to, subject }) => (
              <tr key={id} class={id === chosen ? 'selected' : ''} data-mail={id}>
                <td class="time">{toFineClock(time)}</td>
                <td>{to}</td>
                <td>
                  <button type="button" onClick={() => choose(id)}>
                    {subject}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {!mails.length && <p class="empty">None yet. What Gatehouse would send by mail is shown here, and goes nowhere else.</p>}
      </div>
      {chosen && <MailView key={chosen} id={chosen} />}
    </section>
  );
}

function MailView({ id }: { id: string }) {
  const [mail, setMail] = useState<MailDetail | null>();
  useEffect(() => {
    fetch(`/api/mails/${id}`)
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((found) => setMail(found as MailDetail | null))
      .catch(() => {});
  }, [id]);
  if (mail === undefined) return null;
  if (!mail) return <p class="empty">This mail is no longer held: the last two hundred are.</p>;
  return (
    <>
      <iframe title={mail.subject} src={`/mails/${id}`} sandbox="allow-popups allow-popups-to-escape-sandbox" />
      <details>
        <summary>As text</summary>
        <pre>
          {mail.text.split(/(https?:\/\/\S+)/).map((part, index) =>
            index % 2 ? (
              <a key={index} href={part} target="_blank" rel="noreferrer">
                {part}
              </a>
            ) : (
              part
            ),
          )}
        </pre>
      </details>
    </>
  );
}
