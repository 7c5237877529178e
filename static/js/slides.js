/** The pictures of the compose page: one <li data-slide> each, copied from #slide-pattern. */

import { darkPath, parse } from "./crop-geometry.js";

const THUMB = 640; // pixels across of the picture that is drawn before the upload ends
const MOST_ALT = 1000;
let made = 0;

const part = (slide, name) => slide.querySelector(`[data-${name}]`);
const field = (slide, name) => slide.querySelector(`[name=${name}]`);

export const mediaId = (slide) => field(slide, "media_id").value;
export const cutOf = (slide) => field(slide, "crop").value;

/** Write *crop* into the form and darken what it cuts away. */
export function setCut(slide, crop) {
  field(slide, "crop").value = crop;
  const cut = parse(crop);
  const path = slide.querySelector(".o-cut path");
  if (cut) path.setAttribute("d", darkPath(cut));
  else path.removeAttribute("d");
  part(slide, "cutnote").hidden = !cut;
  part(slide, "cutnote").querySelector("span").textContent = "Only the bright part goes out.";
}

/** Show how much of the room for alternative text is used. */
export function countAlt(slide) {
  const used = [...part(slide, "alt").value].length;
  const line = part(slide, "altcount");
  line.textContent = used ? `${used.toLocaleString("en")} / ${MOST_ALT.toLocaleString("en")} characters` : `Up to ${MOST_ALT.toLocaleString("en")} characters`;
  line.classList.toggle("o-field__errors", used > MOST_ALT);
}

/** A slide for *file*, with its picture drawn from the file itself where this browser can. */
export function create(file) {
  const slide = document.getElementById("slide-pattern").content.firstElementChild.cloneNode(true);
  const alt = part(slide, "alt");
  alt.id = `alt_text-new-${(made += 1)}`;
  slide.querySelector(`label`).htmlFor = alt.id;
  part(slide, "name").textContent = file.name || "Pasted photo";
  part(slide, "progress").hidden = false;
  draw(slide, file);
  return slide;
}

async function draw(slide, file) {
  try {
    const picture = await createImageBitmap(file, { resizeWidth: THUMB, resizeQuality: "medium" });
    const canvas = document.createElement("canvas");
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    slide.querySelector(".o-frame__wait")?.replaceWith(canvas);
  } catch {
    // A format that only the server reads (HEIC, TIFF): its picture comes with the upload.
  }
}

/** Show how far the upload is. */
export function setProgress(slide, percent) {
  part(slide, "progress").querySelector("progress").value = percent;
  part(slide, "percent").textContent = percent < 100 ? `${percent} %` : "Reading the photo…";
}

/** Take over what the server made of the file. */
export function setMedia(slide, media) {
  slide.dataset.mediaId = media.id;
  slide.dataset.width = media.width;
  slide.dataset.height = media.height;
  slide.dataset.preview = media.preview_url;
  slide.dataset.proposed = media.proposed_crop;
  if (media.needs_cut) slide.dataset.needsCut = "";
  field(slide, "media_id").value = media.id;
  for (const name of ["media_id", "crop", "alt_text"]) field(slide, name).disabled = false;
  part(slide, "size").textContent = media.size_label;
  part(slide, "progress").hidden = true;
  part(slide, "crop").disabled = false;
  const picture = document.createElement("img");
  picture.src = media.preview_url;
  picture.width = media.width;
  picture.height = media.height;
  picture.alt = "";
  slide.querySelector(".o-frame > :first-child").replaceWith(picture);
  setCut(slide, media.needs_cut ? media.proposed_crop : "");
}
