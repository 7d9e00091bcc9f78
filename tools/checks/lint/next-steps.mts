import type { Rule } from 'eslint';

/** What to do about a finding: of any of a rule, or by the id of its message. */
type NextSteps = string | Readonly<Record<string, string>>;
interface Plugin {
  readonly rules?: object;
}

/**
 * A plugin whose rules say, after what is wrong, what to do about it.
 * @param steps by the name of a rule; a rule that is not named is as it was
 * @throws Error where the plugin has no such rule, or a rule no such message
 */
export function withNextSteps<P extends Plugin>(plugin: P, steps: Readonly<Record<string, NextSteps>>): P {
  const rules = plugin.rules as Record<string, Rule.RuleModule>;
  const changed = Object.entries(steps).map(([name, nextSteps]) => {
    const rule = rules[name];
    if (!rule) throw new Error(`there is no rule ${name} to say a next step after`);
    return [name, addSteps(rule, nextSteps)] as const;
  });
  return { ...plugin, rules: { ...rules, ...Object.fromEntries(changed) } };
}

function addSteps(rule: Rule.RuleModule, steps: NextSteps): Rule.RuleModule {
  const messages = { ...rule.meta?.messages };
  for (const id of typeof steps === 'string' ? Object.keys(messages) : Object.keys(steps)) {
    if (!messages[id]) throw new Error(`there is no message ${id} to say a next step after`);
    messages[id] += `: ${typeof steps === 'string' ? steps : steps[id]}`;
  }
  return { ...rule, meta: { ...rule.meta, messages } };
}
