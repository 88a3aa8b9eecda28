/**
 * Forty real hiking trails in Washington State, to fill a fresh fleet with.
 *
 * Facts collected by the Washington Trails Association (https://www.wta.org), 2013. Degrees are of WGS 84, ratings are
 * means from 0 to 5.
 */
export interface Trail {
  readonly id: string
  readonly name: string
  readonly lat: number
  readonly lon: number
  readonly miles: number
  readonly gainFeet: number
  readonly highPointFeet: number
  readonly rating: number
}

// id, name, latitude, longitude, length in miles, gain in feet, highest point in feet, mean rating
const rows: ReadonlyArray<readonly [string, string, number, number, number, number, number, number]> = [
  ["ape-cave", "Ape Caves", 46.10832, -122.21145, 2.6, 200, 2475, 4.41],
  ["bandera-mountain", "Bandera Mountain", 47.42517, -121.58242, 7.6, 3000, 5200, 4.12],
  ["bullion-basin-snowshoe", "Bullion Basin Snowshoe", 46.93864, -121.47306, 4.5, 1500, 5800, 4.5],
  ["cedar-falls-snowshoe", "Cedar Falls Snowshoe", 48.58036, -120.48204, 5.6, 800, 3600, 4],
  ["comet-falls", "Comet Falls", 46.77903, -121.7823, 5, 1200, 4875, 4.21],
  ["east-fork-foss-river-snowshoe", "East Fork Foss River Snowshoe", 47.68824, -121.29679, 13.6, 1200, 2400, 4],
  ["esmerelda-basin", "Esmeralda Basin (Esmerelda)", 47.42919, -120.93772, 7, 1750, 5960, 4.36],
  ["goat-lake", "Goat Lake", 48.05367, -121.41133, 10.4, 1400, 3161, 4.07],
  ["grand-ridge", "Grand Ridge", 47.91842, -123.38212, 5, 700, 6600, 4.5],
  ["green-mountain-3", "Green Mountain", 47.48783, -121.6876, 10, 3600, 4700, 4.25],
  ["horan-natural-area-wenatchee-confluence", "Horan Natural Area", 47.4601, -120.3305, 2.5, 0, 640, 4],
  ["jackpine-shelter", "Jackpine Shelter", 46.1544, -122.1035, 1, 200, 1800, 4.5],
  ["kendall-peak-lakes-snowshoe", "Kendall Peak Lakes Snowshoe", 47.39783, -121.39524, 9, 1700, 4400, 4.14],
  ["lacamas-lake-park", "Lacamas Lake Park", 45.58936, -122.39203, 4.5, 350, 400, 5],
  ["lake-of-the-angels", "Lake of the Angels", 47.5836, -123.23472, 8, 3400, 4950, 4.36],
  ["lake-valhalla-snowshoe", "Lake Valhalla Snowshoe", 47.75275, -121.07846, 7.5, 1700, 4800, 4],
  ["lodge-lake", "Lodge Lake", 47.42882, -121.41982, 3, 500, 3500, 4],
  [
    "lookout-mountain-lookout-okanogan",
    "Lookout Mountain Lookout - Methow",
    48.32413,
    -120.18459,
    2.6,
    1100,
    5518,
    4.5
  ],
  ["mazama-ridge", "Mazama Ridge Snowshoe", 46.78603, -121.73498, 6, 900, 5700, 4.29],
  ["middle-fork-teanaway-river", "Middle Fork Teanaway River", 47.2978, -120.9624, 7, 300, 3000, 4.25],
  ["monte-cristo", "Monte Cristo", 45.89188, -121.57408, 5, 400, 3000, 4.5],
  ["mount-defiance", "Mount Defiance", 47.42572, -121.58428, 11, 3384, 5584, 4.12],
  ["mount-finlayson", "Mount Finlayson", 48.46362, -122.99892, 3.5, 285, 285, 4.2],
  ["mount-si-old-trail", "Mount Si (old trail)", 47.44084, -121.62531, 8.2, 3700, 4400, 4.6],
  ["north-navarre-peak", "North Navarre Peak", 48.1199, -120.30303, 5, 1550, 7963, 4.5],
  ["packwood-lake-snowshoe", "Packwood Lake Snowshoe", 46.60788, -121.62821, 9, 500, 3200, 4.5],
  ["pompey-peak", "Pompey Peak", 46.49977, -121.78323, 3.5, 2000, 5180, 4.33],
  ["pyramid-creek-camp", "Pyramid Creek Camp", 46.74967, -121.81065, 6.6, 1060, 3880, 4],
  ["rainshadow-nature-trail", "Rainshadow Nature Trail", 47.95464, -123.25943, 0.5, 170, 6007, 4],
  ["rock-creek", "Rock Creek", 47.96993, -120.78905, 14, 1850, 4350, 4],
  ["shadow-lake-sunrise-camp-loop", "Shadow Lake-Sunrise Camp Loop", 46.91462, -121.64233, 3.5, 200, 5400, 4],
  ["skyline-divide", "Skyline Divide", 48.88095, -121.86462, 9, 2500, 6563, 4.06],
  ["snow-lake-1", "Snow Lake", 47.44542, -121.42302, 8, 1300, 4400, 4.11],
  ["source-lake", "Source Lake", 47.44542, -121.42302, 6, 700, 3800, 4],
  ["spider-meadows", "Spider Meadow and Phelps Basin", 48.08292, -120.83497, 13, 1900, 5400, 4],
  ["sulphur-creek", "Sulphur Creek", 48.24983, -121.19362, 3.6, 900, 2250, 4],
  ["sunrise-lake-1", "Copper Glance Lake", 48.74108, -120.29228, 6, 2800, 6350, 4.2],
  ["three-fingers", "Three Fingers", 48.16972, -121.68778, 15, 4200, 6854, 4.36],
  ["tronsen-ridge", "Tronsen Ridge", 47.32268, -120.5265, 8, 1000, 5800, 4.14],
  ["wallace-falls", "Wallace Falls", 47.86692, -121.67805, 5.5, 1200, 1500, 4.14]
]

export const trails: ReadonlyArray<Trail> = rows.map(
  ([id, name, lat, lon, miles, gainFeet, highPointFeet, rating]) => ({
    id,
    name,
    lat,
    lon,
    miles,
    gainFeet,
    highPointFeet,
    rating
  })
)
