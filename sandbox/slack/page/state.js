// What the page knows: the people, who the visitor is, where they are. Changed by main.js alone.

export const state = {
  people: [],
  personById: new Map(),
  app: { id: "", user_id: "", name: "" },
  me: null,
  places: [],
  place: null,
  tab: "messages",
  messages: new Map(),
  home: null,
};

export const names = {
  user: (id) => state.personById.get(id)?.real_name ?? id,
  channel: (id) => state.places.find((place) => place.id === id)?.name ?? id,
};
