"""What ingest and the bot ask of a broker, asked of each that they meet: the fake, Tansu, Apache Kafka."""
