/** The compose page: pictures dropped, pasted or chosen; their uploads; the buttons below them. */

import { openCrop } from "./crop.js";
import { countAlt, create, cutOf, mediaId, setCut, setMedia, setProgress } from "./slides.js";
import { announce } from "./talk.js";
import { upload } from "./upload.js";

export default function compose(form) {
  const list = document.getElementById("slides");
  const input = document.getElementById("media");
  const drop = document.getElementById("drop");
  const errors = document.getElementById("upload-errors");
  const status = document.getElementById("compose-status");
  const running = new Map(); // slide -> its upload
  let waiting = null; // the button that was pressed while a picture was on its way
  let cutting = Promise.resolve(); // dialogs open one after the other

  const position = (slide) => [...list.children].indexOf(slide) + 1;
  const refresh = () => {
    drop.classList.toggle("o-drop--small", list.children.length > 0);
    drop.querySelector("strong").textContent = list.children.length ? "Add another photo" : "Drop a photo here, paste it, or choose a file";
  };
  const cut = async (slide) => {
    const { width, height, preview, proposed } = slide.dataset;
    const answer = await openCrop({
      source: preview, width: Number(width), height: Number(height), cut: cutOf(slide), proposed,
      needsCut: "needsCut" in slide.dataset, title: list.children.length > 1 ? `Cut photo ${position(slide)} of ${list.children.length}` : "Cut the photo",
    });
    if (answer !== null) setCut(slide, answer);
    slide.querySelector("[data-crop]").focus();
  };
  const remove = (slide) => {
    running.get(slide)?.cancel();
    running.delete(slide);
    slide.remove();
    refresh();
    input.focus();
  };
  const goOn = () => {
    if (running.size || !waiting) return;
    const button = waiting;
    waiting = null;
    status.textContent = "";
    form.requestSubmit(button);
  };
  const add = async (file) => {
    const slide = create(file);
    list.append(slide);
    refresh();
    const sending = upload(file, form.dataset.uploadUrl, (percent) => setProgress(slide, percent));
    running.set(slide, sending);
    try {
      const media = await sending.done;
      running.delete(slide);
      if (!media) return slide.remove();
      setMedia(slide, media);
      announce(`${file.name} is uploaded.`);
      if (media.needs_cut) {
        waiting = null;
        status.textContent = "";
        cutting = cutting.then(() => slide.isConnected && cut(slide));
      }
    } catch (error) {
      running.delete(slide);
      waiting = null;
      status.textContent = "";
      slide.remove();
      errors.textContent = `${file.name || "The photo"}: ${error.message}`;
    }
    refresh();
    return goOn();
  };
  const take = (files) => {
    errors.textContent = "";
    for (const file of files) add(file);
  };

  const takeChosen = () => {
    take([...input.files]);
    input.value = ""; // they are sent by themselves, not once more with the form
  };
  input.addEventListener("change", takeChosen);
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("o-drop--over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      if (name === "dragleave" && event.relatedTarget) return;
      drop.classList.remove("o-drop--over");
    });
  }
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take([...event.clipboardData.files]);
  });

  const actions = {
    crop: cut,
    remove,
    cancel: remove,
    left: (slide) => slide.previousElementSibling?.before(slide),
    right: (slide) => slide.nextElementSibling?.after(slide),
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const slide = button?.closest("[data-slide]");
    const action = Object.keys(actions).find((name) => button && name in button.dataset);
    if (!slide || !action) return;
    actions[action](slide);
    if (action !== "left" && action !== "right") return;
    (button.checkVisibility({ visibilityProperty: true }) ? button : slide.querySelector("[data-crop]")).focus();
    announce(`Photo moved to place ${position(slide)} of ${list.children.length}.`);
  });
  list.addEventListener("input", (event) => event.target.matches("[data-alt]") && countAlt(event.target.closest("[data-slide]")));
  form.addEventListener("submit", (event) => {
    if (!running.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = event.submitter;
    status.textContent = running.size === 1 ? "A photo is still on its way; then it goes on by itself." : `${running.size} photos are still on their way; then it goes on by itself.`;
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector("[value=schedule]"));
  });

  form.classList.add("o-compose--ready");
  takeChosen(); // somebody may have been quicker than this script
  for (const slide of list.children) {
    countAlt(slide);
    if ("needsCut" in slide.dataset && mediaId(slide) && form.querySelector("#crop-error")) cutting = cutting.then(() => cut(slide));
  }
}
