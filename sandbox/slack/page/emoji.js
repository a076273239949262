// The emoji names that messages use, as characters; an unknown name stays as it was written.

const EMOJI = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", tada: "🎉", heart: "❤️", clap: "👏", wave: "👋",
  pray: "🙏", muscle: "💪", raised_hands: "🙌", eyes: "👀", ok_hand: "👌", point_right: "👉", smile: "😄",
  slightly_smiling_face: "🙂", neutral_face: "😐", slightly_frowning_face: "🙁", thinking_face: "🤔",
  grinning: "😀", blush: "😊", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️",
  information_source: "ℹ️", question: "❓", exclamation: "❗", bulb: "💡", star: "⭐", sparkles: "✨",
  rocket: "🚀", seedling: "🌱", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊",
  calendar: "📅", date: "📅", clock10: "🕙", hourglass_flowing_sand: "⏳", bell: "🔔", no_bell: "🔕",
  mega: "📣", loudspeaker: "📢", speech_balloon: "💬", memo: "📝", pencil: "📝", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", handshake: "🤝", lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️",
  robot_face: "🤖", house: "🏠", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", books: "📚", mortar_board: "🎓",
  trophy: "🏆", coffee: "☕", sunny: "☀️", earth_africa: "🌍", arrow_right: "➡️", arrow_left: "⬅️",
  arrow_up: "⬆️", arrow_down: "⬇️", left_right_arrow: "↔️", repeat: "🔁", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣", green_heart: "💚", blue_heart: "💙",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", white_circle: "⚪",
};

export const REACTIONS = ["+1", "heart", "tada", "clap", "eyes", "thinking_face"];

export function emoji(name) {
  return EMOJI[name.split("::")[0]] ?? `:${name}:`;
}
