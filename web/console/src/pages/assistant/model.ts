// A model's settings as they are typed, and what of them is sent: only what is another one, so that nobody's change is lost.
import type { ModelChange, ModelFields, ModelSettings } from "../../api/assistant";

export interface TypedModel {
  base_url: string;
  /** Empty: the stored one stays. */
  api_key: string;
  model: string;
  temperature: number | string;
  answer_max_tokens: number | string;
}

export function typedOf(model: ModelSettings): TypedModel {
  return {
    base_url: model.base_url ?? "",
    api_key: "",
    model: model.model ?? "",
    temperature: model.temperature ?? "",
    answer_max_tokens: model.answer_max_tokens ?? "",
  };
}

export function changeOf(model: ModelSettings, typed: TypedModel): ModelChange {
  const text = (value: string) => value.trim() || null;
  const number = (value: number | string) => (typeof value === "number" ? value : null);
  const wanted: ModelFields = {
    base_url: text(typed.base_url),
    model: text(typed.model),
    temperature: number(typed.temperature),
    answer_max_tokens: number(typed.answer_max_tokens),
  };
  const change: ModelChange = typed.api_key ? { api_key: typed.api_key } : {};
  if (wanted.base_url !== model.base_url) change.base_url = wanted.base_url;
  if (wanted.model !== model.model) change.model = wanted.model;
  if (wanted.temperature !== model.temperature) change.temperature = wanted.temperature;
  if (wanted.answer_max_tokens !== model.answer_max_tokens)
    change.answer_max_tokens = wanted.answer_max_tokens;
  return change;
}

/** What the changed fields were when somebody began to type. */
export function wasOf(model: ModelSettings, change: ModelChange): Partial<ModelFields> {
  const { base_url, model: name, temperature, answer_max_tokens } = model;
  const fields = Object.entries({ base_url, model: name, temperature, answer_max_tokens });
  return Object.fromEntries(fields.filter(([field]) => field in change));
}

/** A key does not follow to another address. */
export function keyIsLost(model: ModelSettings, typed: TypedModel): boolean {
  return model.has_key && !typed.api_key && (typed.base_url.trim() || null) !== model.base_url;
}
