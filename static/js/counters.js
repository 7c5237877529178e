/** The three counters of a caption; the same rules as the server's captions. */

export const MOST = { characters: 2200, hashtags: 30, mentions: 20 };
const ADVISED_HASHTAGS = 5;

const HASHTAG = /(?<![\p{L}\p{N}_&])#([\p{L}\p{N}_]+)/gu;
const MENTION = /(?<![\p{L}\p{N}_.@])@[A-Za-z0-9_][A-Za-z0-9_.]*/gu;

/** Code points (an emoji of one code point counts once), hashtags by occurrence, mentions. */
export function count(text) {
  const plain = text.replaceAll("\r\n", "\n");
  const hashtags = [...plain.matchAll(HASHTAG)].filter(([, word]) => !/^\p{Nd}+$/u.test(word));
  return {
    characters: [...plain].length,
    hashtags: hashtags.length,
    mentions: [...plain.matchAll(MENTION)].length,
  };
}

/** How a counter stands: "over" its limit, "near" it (nine tenths), or "". */
export function standing(has, most) {
  if (has > most) return "over";
  return has >= most * 0.9 ? "near" : "";
}

/** What the counters say, one {text, standing} each. */
export function lines(text) {
  const has = count(text);
  return Object.entries(MOST).map(([name, most]) => {
    const words = has[name] === 1 ? name.slice(0, -1) : name;
    const state = standing(has[name], most);
    const many = name === "hashtags" && has.hashtags > ADVISED_HASHTAGS && !state;
    return {
      text: `${has[name].toLocaleString("en")} / ${most.toLocaleString("en")} ${words}${many ? " (more than 5 may be refused)" : ""}`,
      standing: many ? "near" : state,
    };
  });
}

export default function counters(element) {
  const field = document.getElementById(element.dataset.for);
  const announcer = document.getElementById("announcer");
  let told = "";
  const show = () => {
    const found = lines(field.value);
    element.replaceChildren(...found.map((line) => {
      const part = document.createElement("span");
      part.textContent = line.text;
      if (line.standing) part.className = `o-${line.standing}`;
      return part;
    }));
    const alarm = found.filter((line) => line.standing).map((line) => line.text).join(", ");
    const stage = found.map((line) => line.standing).join();
    if (alarm && stage !== told) announcer.textContent = alarm;
    told = stage;
  };
  field.addEventListener("input", show);
  show();
}
