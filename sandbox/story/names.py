"""Names for simulated people, as they are heard in a Dutch organisation; nobody in particular."""

from typing import Final

FIRST_NAMES: Final = (
    *("Aisha", "Anneke", "Anouk", "Bart", "Bas", "Bilal", "Carla", "Chantal", "Daan", "Demi", "Dewi", "Dirk"),
    *("Eline", "Elif", "Emma", "Erik", "Esra", "Fatima", "Femke", "Floor", "Frank", "Gerda", "Gijs", "Hanneke"),
    *("Hassan", "Henk", "Ilse", "Imane", "Ingrid", "Iris", "Jamila", "Jan", "Jeroen", "Johan", "Jolanda", "Joost"),
    *("Karin", "Kees", "Kim", "Laila", "Lars", "Lotte", "Maaike", "Malika", "Marieke", "Mark", "Marloes", "Mehmet"),
    *("Mieke", "Mohamed", "Monique", "Nadia", "Naomi", "Niels", "Noor", "Olga", "Omar", "Peter", "Petra", "Pim"),
    *("Priya", "Rachid", "Ria", "Robin", "Roos", "Ruben", "Saida", "Sander", "Sanne", "Saskia", "Sem", "Sharon"),
    *("Sjoerd", "Sofie", "Stefan", "Suzan", "Teun", "Thijs", "Tineke", "Tom", "Vera", "Willem", "Wouter", "Yasmin"),
    *("Yusuf", "Zara"),
)
FAMILY_NAMES: Final = (
    *("Aarts", "van den Akker", "Baas", "Bakker", "van den Berg", "de Boer", "Bos", "Bosman", "Brouwer", "de Bruin"),
    *("Chen", "Dekker", "van Dijk", "Dijkstra", "Doğan", "Driessen", "El Amrani", "van Es", "Evers", "Fernandes"),
    *("Gerritsen", "de Graaf", "de Groot", "de Haan", "Hendriks", "van der Heijden", "Hoekstra", "Huisman"),
    *("Jacobs", "Jansen", "de Jong", "Kaya", "Khan", "Kok", "Koster", "Kramer", "Kuipers", "van Leeuwen"),
    *("van der Linden", "Maas", "Martens", "Meijer", "Mulder", "van der Meer", "Nguyen", "Oosterhuis", "Özdemir"),
    *("Peters", "Pinas", "Post", "Postma", "Prins", "Ramdin", "Ras", "Scholten", "Schouten", "Smit", "Smits"),
    *("Tahiri", "Timmermans", "van der Veen", "Verbeek", "Verhoeven", "Vermeulen", "Visser", "de Vries", "Vos"),
    *("Wiersma", "de Wit", "Wolters", "Yılmaz", "Zijlstra"),
)
