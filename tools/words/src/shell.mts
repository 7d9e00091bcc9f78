/** A program with its arguments, as a line of a shell has them. */
export type Command = readonly [program: string, ...args: string[]];

// a quoted part, an escape, or what ends or joins commands
const tokens = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|(&&|\|\||[;|\n])|(\s+)|(#[^\n]*)|(>+\s*\S+)|([^\s'"\\;|&#>]+|.)/g;

/**
 * The commands of a text for a shell, in their order, without their redirections and the variables that are set before them.
 * Substitutions are left as they stand.
 */
export function readCommands(text: string): Command[] {
  const commands: string[][] = [[]];
  let word: string | undefined;
  const endWord = () => {
    const command = commands.at(-1)!;
    const isAssignment = command.length === 0 && /^[A-Za-z_]\w*=/.test(word ?? '');
    if (word !== undefined && !isAssignment) command.push(word);
    word = undefined;
  };
  for (const [whole, single, double, escaped, operator, space, comment, redirection, plain] of text.replaceAll('\\\n', ' ').matchAll(tokens)) {
    if (comment !== undefined && word !== undefined) word += whole;
    else if (operator !== undefined || space !== undefined || comment !== undefined || redirection !== undefined) {
      endWord();
      if (operator !== undefined) commands.push([]);
    } else word = (word ?? '') + (single ?? double ?? escaped ?? plain ?? '');
  }
  endWord();
  return commands.filter((command): command is [string, ...string[]] => command.length > 0);
}
